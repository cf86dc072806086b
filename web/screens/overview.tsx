import { Page } from '../parts/page'

const Screen = () => <Page title="overview">Soon</Page>
export default Screen
