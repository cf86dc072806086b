import { Page } from '../parts/page'

const Screen = () => <Page title="roles">Soon</Page>
export default Screen
