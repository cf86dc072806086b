import { Page } from '../parts/page'

const Screen = () => <Page title="limits">Soon</Page>
export default Screen
